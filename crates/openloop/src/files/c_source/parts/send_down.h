/* below = delta W: the signal goes down through the layer's own weights. */
NET_PART void net_send_down(const float *own, const float *delta, size_t outputs, float *below, size_t inputs)
{
    size_t i, j;
    for (j = 0; j < inputs; j++) {
        below[j] = 0.0f;
    }
    for (i = 0; i < outputs; i++) {
        if (delta[i] != 0.0f) {
            for (j = 0; j < inputs; j++) {
                below[j] += delta[i] * own[j];
            }
        }
        own += inputs;
    }
}
