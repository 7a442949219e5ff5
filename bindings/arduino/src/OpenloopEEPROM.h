/* A network is a header of its own that `openloop export MODEL --to c-source NAME.h` writes; put it beside the sketch and include it.
   It needs nothing else. What is here brings its saves into an EEPROM, or into whatever has `read(place)` and `write(place, byte)`:

       drift_save_to(openloop_put<EEPROMClass>, &EEPROM);
       drift_load_from(openloop_get<EEPROMClass>, &EEPROM);  */
#ifndef OPENLOOP_EEPROM_H
#define OPENLOOP_EEPROM_H

#include <stdint.h>

/* Boards whose EEPROM is a part of the flash: it is read before and written after. */
#if defined(ESP8266) || defined(ESP32) || (defined(ARDUINO_ARCH_RP2040) && !defined(ARDUINO_ARCH_MBED))
#define OPENLOOP_EEPROM_BEGIN(bytes) EEPROM.begin(bytes)
#define OPENLOOP_EEPROM_COMMIT() EEPROM.commit()
#else
#define OPENLOOP_EEPROM_BEGIN(bytes) (void)(bytes)
#define OPENLOOP_EEPROM_COMMIT() (void)0
#endif

/* Puts a byte of a save where it belongs; a cell that holds it already is spared a write. */
template <class Memory>
void openloop_put(void *memory, uint32_t at, uint8_t byte) {
  Memory *cells = static_cast<Memory *>(memory);
  if (cells->read(static_cast<int>(at)) != byte) {
    cells->write(static_cast<int>(at), byte);
  }
}

/* Gets a byte of a save. */
template <class Memory>
uint8_t openloop_get(void *memory, uint32_t at) {
  return static_cast<Memory *>(memory)->read(static_cast<int>(at));
}

#endif
