#define NET_NOISE_STEP UINT32_C(0x9e376a09)

/* signal (1 - a^2), with a in units of 1/127 */
NET_PART int32_t net_gated(int32_t signal, int8_t a)
{
    return (net_clamp(signal, -65535, 65535) * (INT32_C(127) * 127 - (int32_t)a * a)) >> 14;
}

/* w += delta x / 2^16 in a row of a panel, rounded up or down at random so that the mean is exact, and kept within a byte. */
NET_PART void net_change_row(int8_t *row, size_t width, int32_t x, const int32_t *delta, uint32_t noise)
{
    size_t i;
    for (i = 0; i < width; i++) {
        uint32_t word = noise + NET_NOISE_STEP * (uint32_t)(i / 2u);
        int32_t step = delta[i] * x + (int32_t)((word >> (16u * (i % 2u))) & UINT32_C(0xffff));
        int32_t exact = row[i] + (step >> 16), kept = net_clamp(exact, -128, 127);
        if (exact != kept) {
            net_count(&net_health.saturated);
        }
        row[i] = (int8_t)kept;
    }
}

/* A panel changes; of small changes a part of the rows, by as much more. */
NET_PART void net_change_panel(const net_layer_t *layer, int8_t *rows, size_t width, size_t first, const int8_t *x,
                               int32_t *delta, uint32_t noise)
{
    int32_t largest = 0;
    size_t i, j, start, thinning = 0;
    for (i = 0; i < width; i++) {
        int32_t size = delta[i] < 0 ? -delta[i] : delta[i];
        largest = size > largest ? size : largest;
    }
    if (largest == 0) {
        return;
    }
    noise = net_mix(noise + (uint32_t)first);
    net_change_row(rows + layer->inputs * width, width, INT32_C(1) << layer->input_bits, delta, noise);
    while (thinning < 3u && largest < INT32_C(512) >> thinning) {
        thinning++;
    }
    start = (size_t)(net_mix(noise) & ((UINT32_C(1) << thinning) - 1u));
    for (i = 0; i < width; i++) {
        delta[i] *= INT32_C(1) << thinning;
    }
    for (j = start; j < layer->inputs; j += (size_t)1 << thinning) {
        noise += NET_NOISE_STEP * (uint32_t)((width + 1u) / 2u);
        if (x[j] != 0) {
            net_change_row(rows + j * width, width, x[j], delta, noise);
        }
    }
}

/* A rate in units of 2^-20. */
NET_PART uint32_t net_rate(float rate)
{
    float units = rate * 1048576.0f + 0.5f;
    uint32_t value = units >= 1048576.0f ? UINT32_C(1048575) : units > 0.0f ? (uint32_t)units : 0u;
    uint32_t samples = net_samples > UINT32_MAX ? UINT32_MAX : (uint32_t)net_samples;
    uint32_t divisor = samples / (NET_HALF_AFTER < 512u ? 1u : NET_HALF_AFTER / 256u);
    return (value << 8) / (divisor > UINT32_MAX - 256u ? UINT32_MAX : divisor + 256u);
}

/* Changes a layer's weights by -rate v x. The signals v, in units of 2^-15, are `values` or, where the layer's outputs `a` are
   given, these coefficients times its matrix and the slope of the outputs. */
NET_PART void net_change(const net_layer_t *layer, int8_t *own, const int8_t *x, float rate_at_start, const int32_t *values,
                         const int8_t *a)
{
    uint32_t rate = net_rate(rate_at_start), spare = 0, up, low, down;
    uint32_t noise = net_mix((layer->rounding_key ^ net_mix((uint32_t)(net_samples >> 32)))
                             + (uint32_t)(net_samples & UINT32_MAX));
    size_t first, i, width;
    int32_t delta[8], half;
    while ((rate >> spare) >= 4096u) {
        spare++;
    }
    up = 35u + (a != NULL ? layer->feedback_bits : 0u) + layer->input_bits;
    low = layer->weight_bits + 16u + spare;
    down = up > low ? up - low : 0u;
    down = down < 31u ? down : 31u;
    half = (int32_t)((UINT32_C(1) << down) >> 1);
    for (first = 0; first < layer->outputs; first += width) {
        width = net_width(first, layer->outputs);
        if (a != NULL) {
            net_project(layer, values, first, delta, width);
        } else {
            memcpy(delta, values + first, width * sizeof *delta);
        }
        for (i = 0; i < width; i++) {
            int32_t signal = a != NULL ? net_gated(delta[i], a[first + i]) : delta[i];
            signal = (half - net_clamp(signal, -65535, 65535) * (int32_t)(rate >> spare)) >> down;
            delta[i] = net_clamp(signal, -32767, 32767);
            if (delta[i] != signal) {
                net_count(&net_health.saturated);
            }
        }
        net_change_panel(layer, own + first * (layer->inputs + 1u), width, first, x, delta, noise);
    }
}
