/* What a board does for `program.c`. */
#ifndef BOARD_H
#define BOARD_H

void board_begin(void);
void board_print(const char *text);
/* Ends the program, and the emulator. */
void board_end(void);

#endif
