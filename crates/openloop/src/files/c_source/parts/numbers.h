/* What went wrong without stopping anything; counters stay at their largest value. */
typedef struct {
    uint32_t learned;    /* samples learned since the start */
    uint32_t refused;    /* samples refused because an input was infinite or no number */
    uint32_t not_finite; /* sums that were no number and became 0, and steps that were none and were left out */
    uint32_t saturated;  /* sums beyond the largest number, which became it */
} net_health_t;

static net_health_t net_health;

NET_PART void net_count(uint32_t *counter)
{
    if (*counter < UINT32_MAX) {
        *counter += 1u;
    }
}

NET_PART uint32_t net_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

NET_PART float net_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

NET_PART int net_is_finite(float value)
{
    return (net_bits(value) & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
}

NET_PART int net_all_finite(const float *values, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (!net_is_finite(values[i])) {
            return 0;
        }
    }
    return 1;
}

/* A sum that is no number becomes 0, an infinite one the largest number. */
NET_PART float net_harmless(float sum)
{
    uint32_t bits = net_bits(sum);
    if (net_is_finite(sum)) {
        return sum;
    }
    if ((bits & UINT32_C(0x007fffff)) != 0u) {
        net_count(&net_health.not_finite);
        return 0.0f;
    }
    net_count(&net_health.saturated);
    return net_float((bits & UINT32_C(0x80000000)) | UINT32_C(0x7f7fffff));
}
