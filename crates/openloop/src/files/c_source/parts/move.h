/* W -= rate delta x^T and b -= rate delta, for `count` of the layer's neurons from `first` on; the deltas become the steps. */
NET_PART void net_move(float *own, const float *x, size_t inputs, size_t outputs, size_t first, size_t count, float *delta,
                       float rate)
{
    float *bias = own + inputs * outputs + first;
    size_t i, j;
    own += first * inputs;
    for (i = 0; i < count; i++) {
        float step = delta[i] * rate;
        if (!net_is_finite(step)) {
            net_count(&net_health.not_finite);
            step = 0.0f;
        }
        delta[i] = step;
        bias[i] -= step;
        for (j = 0; j < inputs; j++) {
            own[j] -= step * x[j];
        }
        own += inputs;
    }
}
