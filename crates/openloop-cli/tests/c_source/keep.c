/* Saves, loads, forgets and refuses; gives the number of the first claim that does not hold. */
#include "net.h"
#include "other.h"
#include <math.h>

#define CLAIM(number, claim) \
    if (!(claim)) { \
        return number; \
    }

static uint8_t eeprom[NET_SAVE_BYTES];

static void put(void *context, uint32_t at, uint8_t byte)
{
    ((uint8_t *)context)[at] = byte;
}

static uint8_t get(void *context, uint32_t at)
{
    return ((const uint8_t *)context)[at];
}

int main(void)
{
    static uint8_t saved[NET_SAVE_BYTES], of_other[OTHER_SAVE_BYTES];
    float x[NET_INPUTS] = {0.0f}, before[NET_OUTPUTS], after[NET_OUTPUTS], y[NET_OUTPUTS];
    uint32_t n;
    CLAIM(1, net_infer(x, before) >= 0)
    for (n = 0; n < 20u; n++) {
        CLAIM(2, net_learn(x, 1u) >= 0)
    }
    CLAIM(3, net_infer(x, after) == 1 && memcmp(before, after, sizeof before) != 0)
    CLAIM(4, net_predict(x) == 1 && net_outputs()[1] > before[1])
    CLAIM(5, net_save(saved, NET_SAVE_BYTES - 1u) == NET_NO_ROOM)
    CLAIM(6, net_save(saved, sizeof saved) == (int32_t)NET_SAVE_BYTES)
    net_reset();
    CLAIM(7, net_infer(x, y) >= 0 && memcmp(y, before, sizeof y) == 0)
    CLAIM(8, net_load(saved, sizeof saved) == (int32_t)NET_SAVE_BYTES)
    CLAIM(9, net_infer(x, y) >= 0 && memcmp(y, after, sizeof y) == 0)
    CLAIM(10, net_save_to(put, eeprom) == (int32_t)NET_SAVE_BYTES)
    net_reset();
    CLAIM(11, net_load_from(get, eeprom) == (int32_t)NET_SAVE_BYTES)
    CLAIM(12, net_infer(x, y) >= 0 && memcmp(y, after, sizeof y) == 0)
    CLAIM(13, net_load(saved, NET_SAVE_BYTES - 1u) == NET_DAMAGED)
    saved[NET_SAVE_BYTES / 2u] ^= 4u;
    CLAIM(14, net_load(saved, sizeof saved) == NET_DAMAGED)
    CLAIM(15, other_save(of_other, sizeof of_other) == (int32_t)OTHER_SAVE_BYTES)
    CLAIM(16, sizeof of_other == sizeof saved && net_load(of_other, sizeof of_other) == NET_OTHER_NETWORK)
    CLAIM(17, net_infer(x, y) >= 0 && memcmp(y, after, sizeof y) == 0)
    memset(eeprom, 255, sizeof eeprom);
    CLAIM(18, net_load(eeprom, sizeof eeprom) == NET_DAMAGED)
    CLAIM(19, net_learn(x, NET_OUTPUTS) == NET_BAD_LABEL)
    x[1] = NAN;
    CLAIM(20, net_learn(x, 0) == NET_NOT_FINITE && net_predict(x) == NET_NOT_FINITE)
    x[1] = INFINITY;
    CLAIM(21, net_infer(x, y) == NET_NOT_FINITE && net_health.refused == 3u)
    x[1] = 1e30f;
    CLAIM(22, net_learn(x, 0) >= 0 && net_health.not_finite == 0)
    CLAIM(23, strcmp(net_class_name(0), "a \"b\"") == 0 && strcmp(net_class_name(2), "\303\274\?\?/") == 0)
    CLAIM(24, strcmp(net_class_name(3), "") == 0 && strcmp(net_feature_name(1), "net_width") == 0)
    CLAIM(25, net_self_test() == 1 && other_self_test() == 1)
    return 0;
}
