/* The whole of Openloop; openloop.h is put beside this file by `cargo xtask arduino`. */
#ifndef OPENLOOP_ARDUINO_H
#define OPENLOOP_ARDUINO_H
#include "openloop.h"
#endif
