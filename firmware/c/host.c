/* A PC. */
#include "board.h"
#include <stdio.h>

void board_begin(void)
{
}

void board_print(const char *text)
{
    fputs(text, stdout);
}

void board_end(void)
{
}
