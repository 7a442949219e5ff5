/* A 32-bit RISC-V, QEMU's `virt`: a serial port for output, and a register that ends the emulator. */
#include "board.h"
#include <stdint.h>

int main(void);

__attribute__((section(".start"), naked, used)) void start(void)
{
    __asm__ volatile("la sp, stack_top\n"
                     "li t0, 0x6000\n csrs mstatus, t0\n" /* the floating-point unit, where there is one */
                     "call main\n");
}

void board_begin(void)
{
}

void board_print(const char *text)
{
    for (; *text != '\0'; text++) {
        *(volatile uint8_t *)0x10000000u = (uint8_t)*text;
    }
}

void board_end(void)
{
    *(volatile uint32_t *)0x100000u = 0x5555u;
    for (;;) {
    }
}
