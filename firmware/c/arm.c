/* A Cortex-M under QEMU: a vector table, memory brought up, and semihosting for output. */
#include "board.h"
#include <stdint.h>

extern uint32_t data_in_flash[], data_start[], data_end[], bss_end[];
typedef void (*handler_t)(void);
void stack_top(void); /* a place, and no function */
void reset(void);
int main(void);

static void call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void fault(void)
{
    board_print("fault\n");
    board_end();
}

__attribute__((section(".vectors"), used)) static const handler_t vectors[16] = {
    stack_top, reset, fault, fault, fault, fault, fault,
};

void reset(void)
{
    uint32_t *to, *from = data_in_flash;
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xe000ed88u |= UINT32_C(0xf) << 20; /* the floating-point unit */
    __asm__ volatile("dsb\n isb");
#endif
    for (to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (; to < bss_end; to++) {
        *to = 0;
    }
    main();
}

void board_begin(void)
{
}

void board_print(const char *text)
{
    call(0x04u, text);
}

void board_end(void)
{
    call(0x18u, (const void *)0x20026u);
    for (;;) {
    }
}
