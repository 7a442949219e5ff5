/* As much of Arduino's functions as the sketches use, so that a compiler on a PC can check them. */
#include <stdint.h>
enum { LOW = 0, HIGH = 1, INPUT_PULLUP = 2, A0 = 14, A1 = 15, A2 = 16 };
struct SerialPort {
    void begin(unsigned long) {}
    void println(const char *) {}
};
static SerialPort Serial;
int analogRead(int pin);
int digitalRead(int pin);
void pinMode(int pin, int mode);
void delay(unsigned long milliseconds);
