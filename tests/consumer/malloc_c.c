/* A C program whose malloc is ebb's, by linking or preloaded: its own questions answer, and count
 * just what it did. */
#include <ebb/ebb.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weak: a program that is preloaded into isn't linked with it. */
#pragma weak ebb_heap_ledger

int main(void) {
    if (ebb_heap_ledger == NULL) {
        fprintf(stderr, "ebb isn't in this process\n");
        return 1;
    }
    struct ebb_ledger before;
    struct ebb_ledger after;
    memset(&before, 0, sizeof before);
    ebb_heap_ledger(&before, sizeof before);
    static char* volatile blocks[1000];
    for (size_t i = 0; i < 1000; ++i) {
        blocks[i] = malloc(i);
        memset(blocks[i], 1, i);
    }
    ebb_heap_ledger(&after, sizeof after);
    if (after.requested - before.requested != 999 * 500 ||
        after.allocations - before.allocations != 1000) {
        fprintf(stderr, "%lu bytes counted\n", (unsigned long)(after.requested - before.requested));
        return 1;
    }
    for (size_t i = 0; i < 1000; ++i) {
        free(blocks[i]);
    }
    ebb_heap_ledger(&after, sizeof after);
    return after.requested == before.requested && after.frees - before.frees == 1000 ? 0 : 1;
}
