/* An ATmega328P, as on the Arduino Uno, under simavr. */
#include "board.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

void board_begin(void)
{
    UCSR0B = 1 << TXEN0;
}

void board_print(const char *text)
{
    for (; *text != '\0'; text++) {
        while (!(UCSR0A & (1 << UDRE0))) {
        }
        UDR0 = (unsigned char)*text;
    }
}

void board_end(void)
{
    cli();
    sleep_mode(); /* without interrupts this ends simavr */
}
