// Arithmetic of libgmp on numbers of many sizes, much of it in assembly.
#include <gmp.h>
#include <stdlib.h>

int main(void) {
    gmp_randstate_t state;
    gmp_randinit_default(state);
    mpz_t a, b, c, d;
    mpz_inits(a, b, c, d, NULL);
    for (unsigned long round = 1;; round++) {
        mp_bitcnt_t bits = 64ul << (round % 11);
        mpz_urandomb(a, state, bits);
        mpz_urandomb(b, state, bits / 2 + 1);
        mpz_setbit(b, 0);
        mpz_mul(c, a, b);
        mpz_tdiv_qr(c, d, c, b);
        mpz_gcd(c, a, b);
        mpz_sqrt(c, a);
        mpz_mul(d, a, a);
        mpz_addmul(d, a, b);
        if (bits <= 2048) mpz_powm(c, a, b, b);
        if (bits <= 8192) free(mpz_get_str(NULL, 10, a));
        mpz_invert(c, a, b);
        mpz_fac_ui(d, 200);
    }
}
