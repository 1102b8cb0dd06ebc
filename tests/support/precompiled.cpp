// A precompiled header belongs to a target, and a target has a source file.
#include <tests/support/precompiled.h>
