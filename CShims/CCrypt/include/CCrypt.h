// libcrypt's crypt_r(3), whose state of 32 KiB Swift can't hold on the stack of a task, so that it is made and wiped here.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether `password` (terminated) gives `hash` (terminated) by the method and the salt that `hash` names.
// The comparison takes the same time whatever differs. False as well for a method that libcrypt doesn't know.
bool ccrypt_matches(const char *password, const char *hash);
