/* As much of Zephyr as the sample uses, so that a compiler on a PC can check it. */
void printk(const char *format, ...);
