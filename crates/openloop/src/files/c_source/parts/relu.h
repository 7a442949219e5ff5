/* a = max(0, z) */
NET_PART void net_relu(float *a, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        a[i] = a[i] < 0.0f ? 0.0f : a[i];
    }
}

/* signal *= 1 where a > 0, 0 elsewhere */
NET_PART void net_relu_gate(const float *a, float *signal, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        signal[i] *= a[i] > 0.0f ? 1.0f : 0.0f;
    }
}
