#define _GNU_SOURCE
#include "CCrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

bool ccrypt_matches(const char *password, const char *hash) {
    struct crypt_data *state = calloc(1, sizeof *state);
    if (!state) return false;
    const char *computed = crypt_r(password, hash, state);
    size_t length = strlen(hash);
    // crypt(3) reports failure by NULL or by a string that begins with '*' and equals no hash.
    unsigned char difference = !computed || computed[0] == '*' || strlen(computed) != length;
    if (!difference)
        for (size_t index = 0; index < length; index++)
            difference |= (unsigned char)computed[index] ^ (unsigned char)hash[index];
    explicit_bzero(state, sizeof *state);
    free(state);
    return !difference;
}
