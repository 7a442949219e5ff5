/* a = tanh z, by a quotient of polynomials. */
NET_PART void net_tanh(float *a, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        float x = a[i] < -9.02f ? -9.02f : a[i], u, p, q;
        x = x > 9.02f ? 9.02f : x;
        u = x * x;
        p = (((1.3283186e-8f * u + 2.0559119e-5f) * u + 3.4926223e-3f) * u + 0.13378552f) * u + 1.0f;
        q = (((7.7477824e-7f * u + 3.280735e-4f) * u + 2.5865773e-2f) * u + 0.46711868f) * u + 1.0f;
        x = x * p / q;
        x = x < -1.0f ? -1.0f : x;
        a[i] = x > 1.0f ? 1.0f : x;
    }
}

/* signal *= 1 - a^2 */
NET_PART void net_tanh_gate(const float *a, float *signal, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        signal[i] *= 1.0f - a[i] * a[i];
    }
}
