/* e to the power of x: x = k ln 2 + r, and a polynomial for r. */
NET_PART float net_exp(float x)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: adding it leaves the nearest whole number in the low bits */
    float shifted, k, r, p;
    int32_t n, half;
    x = x < -87.3f ? -87.3f : x;
    x = x > 88.7f ? 88.7f : x;
    shifted = x * 1.44269504f + round;
    k = shifted - round;
    r = (x - k * 0.6933594f) - k * -2.1219444e-4f;
    p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    n = (int32_t)net_bits(shifted) - INT32_C(0x4b400000);
    half = n >> 1; /* 2^n in two halves, because n = 128 has no float of its own */
    return p * net_float((uint32_t)(half + 127) << 23) * net_float((uint32_t)(n - half + 127) << 23);
}
