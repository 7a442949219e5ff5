/* a = z where z >= 0, 0.01 z elsewhere */
NET_PART void net_lrelu(float *a, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        a[i] = a[i] < 0.0f ? 0.01f * a[i] : a[i];
    }
}

/* signal *= 1 where a > 0, 0.01 elsewhere */
NET_PART void net_lrelu_gate(const float *a, float *signal, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        signal[i] *= a[i] > 0.0f ? 1.0f : 0.01f;
    }
}
