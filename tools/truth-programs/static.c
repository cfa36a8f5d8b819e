// A static program of musl: threads, signals, and what a C library does.
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile double sink;

static int compare(const void *left, const void *right) { return strcmp(left, right); }

static void on_tick(int number) {
    for (int i = 0; i < 200; i++) sink += sin(number + i);
}

static void work(void) {
    static _Thread_local char words[512][32];
    for (unsigned i = 0; i < 512; i++)
        snprintf(words[i], sizeof words[i], "%08.3f %lx", sqrt((double)rand()), (unsigned long)rand());
    qsort(words, 512, sizeof *words, compare);
    for (unsigned i = 0; i < 512; i++) sink += strtod(words[i], NULL) + pow(i, 1.5);
    char *copy = malloc(65536);
    memset(copy, 'x', 65535);
    copy[65535] = 0;
    sink += (double)strlen(copy) + (strstr(copy, "xxy") != NULL);
    free(copy);
}

static void *run(void *nothing) {
    for (;;) {
        work();
        usleep(500);
    }
    return nothing;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, NULL);
    signal(SIGPROF, on_tick);
    setitimer(ITIMER_PROF, &(struct itimerval){{0, 8000}, {0, 8000}}, NULL);
    FILE *nowhere = fopen("/dev/null", "w");
    for (;;) {
        work();
        time_t now = time(NULL);
        fprintf(nowhere, "%s", asctime(gmtime(&now)));
    }
}
