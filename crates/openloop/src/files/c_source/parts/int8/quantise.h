static int8_t net_x[NET_INPUTS];

/* The nearest whole number, halves away from 0, within a byte. */
NET_PART int8_t net_quantised(float x)
{
    int32_t whole;
    x *= (float)(1u << NET_INPUT_BITS);
    if (x >= 127.0f || x <= -127.0f) {
        return x > 0.0f ? 127 : -127;
    }
    whole = (int32_t)x;
    x -= (float)whole;
    whole += x >= 0.5f ? 1 : x <= -0.5f ? -1 : 0;
    return (int8_t)whole;
}
