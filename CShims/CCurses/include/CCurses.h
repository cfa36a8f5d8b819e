// ncurses with wide characters. What is added to it: attributes, which are macros with arguments (A_BOLD, NCURSES_BITS);
// variables that Swift calls unsafe to share (stdscr, COLORS, stdin, stdout); and a signal handler, which may run nothing
// that isn't async-signal-safe (signal-safety(7)), and so not Swift. No logic lives here.
#pragma once

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdint.h>

enum ccurses_attribute {
    CCURSES_PLAIN = A_NORMAL,
    CCURSES_BOLD = A_BOLD,
    CCURSES_DIM = A_DIM,
    CCURSES_REVERSE = A_REVERSE,
    CCURSES_UNDERLINE = A_UNDERLINE,
};

// Takes the terminal of standard input and output: newterm(3X). Returns 0, or -1 where the terminal's type is unknown or
// can't place its cursor.
int ccurses_begin(void);

// The whole screen, and how many colours the terminal has; after `ccurses_begin`.
WINDOW *ccurses_window(void);
int ccurses_colors(void);

// Restores the terminal for a program that ends at once, whatever its threads are at; after `ccurses_begin`.
void ccurses_restore(void);

// Has the signals that end Sonde and that nothing else handles restore the terminal before they do: SIGQUIT, crashes, and
// those that somebody sends by mistake. To be called after `ccurses_begin`.
void ccurses_restore_on_ending_signals(void);
// Gives these signals their default actions back.
void ccurses_stop_restoring(void);

// tcsetattr(3) with what is set already: a background job stops here until it is in the foreground.
void ccurses_wait_for_foreground(void);
