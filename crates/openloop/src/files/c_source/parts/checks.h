#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "compile without -ffast-math, -Ofast and -ffinite-math-only: they change results"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "float must be calculated as float: on 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif

/* No multiplication may be fused with an addition. (GCC's -fipa-ra is wrong on Thumb-1, where GCC turns it off, and any other
   option for a part of a file would turn it on again.) */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off", "no-ipa-ra")
#endif

/* A program may leave out functions; and none is merged with code that was compiled by other rules. */
#if defined(__GNUC__)
#define NET_PART static __attribute__((unused))
#define NET_API static __attribute__((unused, noinline))
#else
#define NET_PART static
#define NET_API static
#endif

/* Constants lie in flash; an AVR has instructions of its own to read them there. */
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define NET_FLASH PROGMEM
#define NET_FLASH_FLOAT(place) pgm_read_float(place)
#define NET_FLASH_WORD(place) pgm_read_dword(place)
#define NET_FLASH_SHORT(place) pgm_read_word(place)
#define NET_FLASH_BYTE(place) pgm_read_byte(place)
#else
#define NET_FLASH
#define NET_FLASH_FLOAT(place) (*(place))
#define NET_FLASH_WORD(place) (*(place))
#define NET_FLASH_SHORT(place) (*(place))
#define NET_FLASH_BYTE(place) (*(place))
#endif

/* What functions give back where something is wrong; they give 0 or more where all is well. */
#define NET_NOT_FINITE (-1)    /* an input, or a weight to be saved, is infinite or no number */
#define NET_BAD_LABEL (-2)     /* there is no class of that number */
#define NET_NO_ROOM (-3)       /* the buffer is too small */
#define NET_DAMAGED (-4)       /* no save, or not all of it */
#define NET_OTHER_NETWORK (-5) /* the save of another network */
