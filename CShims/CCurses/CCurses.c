#include "CCurses.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static struct termios modes;
static char sequence[256];
static size_t sequence_length;

static const int ending_signals[] = {
    SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,  SIGSEGV, SIGSYS, SIGUSR1,
    SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ, SIGPROF, SIGPOLL, SIGPWR,  SIGVTALRM,
};

static void append(const char *capability) {
    const char *text = tigetstr(capability);
    // (char *)-1 is no string capability: terminfo(3X).
    if (!text || text == (char *)-1) return;
    size_t length = strlen(text);
    if (sequence_length + length > sizeof sequence) return;
    memcpy(sequence + sequence_length, text, length);
    sequence_length += length;
}

int ccurses_begin(void) {
    if (tcgetattr(STDIN_FILENO, &modes) == -1) return -1;
    if (!newterm(NULL, stdout, stdin)) return -1;
    sequence_length = 0;
    append("sgr0");
    append("rmkx");
    append("cnorm");
    append("rmcup");
    return 0;
}

WINDOW *ccurses_window(void) { return stdscr; }

int ccurses_colors(void) { return COLORS; }

void ccurses_restore(void) {
    int saved = errno;
    // In the background it would stop here, and the terminal is another program's.
    if (tcgetpgrp(STDIN_FILENO) == getpgrp()) tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    // A terminal that takes nothing must not keep Sonde from ending.
    struct pollfd terminal = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&terminal, 1, 0) == 1 && terminal.revents & POLLOUT) {
        ssize_t written = write(STDOUT_FILENO, sequence, sequence_length);
        (void)written;
    }
    errno = saved;
}

static void restore_and_end(int number) {
    ccurses_restore();
    // The action is the default one by now, SA_RESETHAND, and the signal isn't blocked, SA_NODEFER.
    raise(number);
}

static void handle_all(void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < sizeof ending_signals / sizeof *ending_signals; index++)
        sigaction(ending_signals[index], &action, NULL);
}

void ccurses_restore_on_ending_signals(void) { handle_all(restore_and_end, (int)SA_RESETHAND | SA_NODEFER); }

void ccurses_stop_restoring(void) { handle_all(SIG_DFL, 0); }

void ccurses_wait_for_foreground(void) {
    struct termios present;
    if (tcgetattr(STDIN_FILENO, &present) == 0) tcsetattr(STDIN_FILENO, TCSADRAIN, &present);
}
