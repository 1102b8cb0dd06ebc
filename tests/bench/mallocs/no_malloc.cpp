// A library that is no malloc.
extern "C" int ebb_no_malloc() {
    return 0;
}
