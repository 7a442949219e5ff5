/* a = 1 / (1 + e^-z) */
NET_PART void net_sigmoid(float *a, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        a[i] = 1.0f / (1.0f + net_exp(-a[i]));
    }
}

/* signal *= a (1 - a) */
NET_PART void net_sigmoid_gate(const float *a, float *signal, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        signal[i] *= a[i] * (1.0f - a[i]);
    }
}
