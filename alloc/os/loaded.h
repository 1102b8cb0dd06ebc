// The objects that the process has loaded. What they export is found without the dynamic linker's
// own look-up: dlsym takes a lock that is held while constructors of a loading library run, and
// allocates the text of an error. A constructor may wait for a thread that allocates.
#pragma once

namespace ebb::os {

/// The function of that name in the first loaded object that exports one, but for the object in
/// which `but_not_here` lies; null where there is none. Objects that dlopen brought count, whatever
/// their scope. Takes the lock that guards the list of objects, which the dynamic linker holds for
/// moments only. Cost: a look into a table of hashes for each object. Threads: any.
[[nodiscard]] void* find_exported(const char* name, const void* but_not_here) noexcept;

/// The same among the objects that were loaded after the one in which `here` lies: those through
/// which dlsym(RTLD_NEXT) looks.
[[nodiscard]] void* find_exported_after(const char* name, const void* here) noexcept;

/// Keeps the library in which `here` lies for as long as the process lives: dlclose no longer
/// unmaps it. Nothing where it is the program itself or stays anyway. For a library's constructor:
/// it calls the dynamic linker. errno stays.
void keep_loaded(const void* here) noexcept;

} // namespace ebb::os
