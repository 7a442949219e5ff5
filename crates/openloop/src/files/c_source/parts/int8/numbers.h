/* A layer in integers: inputs of x stand for x / 2^input_bits, weights for w / 2^weight_bits. */
typedef struct {
    size_t inputs, outputs;
    uint8_t input_bits, weight_bits, feedback_bits;
    uint32_t feedback_key, rounding_key; /* where its random words start */
} net_layer_t;

/* round(127 tanh(i / 32)) */
static const int8_t net_tanh_table[128] NET_FLASH = {
    @TANH@
};

/* round(65536 / 2^(i / 32)), less one at the start */
static const uint16_t net_halving[32] NET_FLASH = {
    @HALVING@
};

NET_PART int32_t net_clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* A hash of words: "lowbias32" of Chris Wellons. */
NET_PART uint32_t net_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= UINT32_C(0x7feb352d);
    x ^= x >> 15;
    x *= UINT32_C(0x846ca68b);
    return x ^ (x >> 16);
}

/* 127 tanh z, with z in units of 2^-bits. */
NET_PART int8_t net_tanh(int32_t z, uint8_t bits)
{
    uint8_t down = (uint8_t)(bits - 5u);
    int32_t half = INT32_C(1) << (down - 1u), nearest, size;
    int8_t value;
    nearest = (z > INT32_MAX - half ? INT32_MAX : z + half) >> down;
    size = nearest < 0 ? (nearest < -127 ? 127 : -nearest) : (nearest > 127 ? 127 : nearest);
    value = (int8_t)NET_FLASH_BYTE(net_tanh_table + size);
    return nearest < 0 ? (int8_t)-value : value;
}

/* 2^16 e^-below, with `below` in units of 2^-bits. */
NET_PART uint32_t net_exponential(uint32_t below, uint8_t bits)
{
    uint32_t halvings;
    if (bits >= 12u) {
        below >>= bits - 12u;
    } else {
        below = (below < (UINT32_C(1) << 20) ? below : (UINT32_C(1) << 20)) << (12u - bits);
    }
    halvings = ((below < (UINT32_C(12) << 12) ? below : (UINT32_C(12) << 12)) * 5909u) >> 12;
    return (uint32_t)NET_FLASH_SHORT(net_halving + ((halvings >> 7) & 31u)) >> (halvings >> 12);
}

/* Values in units of 2^-bits become probabilities in units of 2^-15. */
NET_PART void net_softmax(int32_t *values, uint8_t bits)
{
    int32_t largest = values[0];
    uint32_t sum = 0;
    size_t i;
    for (i = 1; i < NET_OUTPUTS; i++) {
        largest = values[i] > largest ? values[i] : largest;
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        uint32_t power = net_exponential((uint32_t)largest - (uint32_t)values[i], bits);
        sum += power;
        values[i] = (int32_t)power;
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = sum == 0u ? 0 : (int32_t)(((uint32_t)values[i] << 15) / sum);
    }
}

/* Neurons lie in panels of 8, what is left in panels of 2 and 1: the width of the panel that starts at neuron `first`. */
NET_PART size_t net_width(size_t first, size_t outputs)
{
    size_t left = outputs - first;
    return left >= 8u ? 8u : left >= 2u ? 2u : 1u;
}
