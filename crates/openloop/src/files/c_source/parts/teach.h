typedef void (*net_gate_t)(const float *a, float *signal, size_t count);

/* A hidden layer learns from the coefficients in NET_ERROR that a fixed matrix carries to it, 16 neurons at a time. */
NET_PART void net_teach(float *own, const float *x, size_t inputs, const float *a, size_t outputs, net_matrix_t matrix,
                        net_gate_t gate, float rate)
{
    size_t first = 0;
    while (first < outputs) {
        size_t count = outputs - first < 16u ? outputs - first : 16u;
        net_project(matrix, outputs, first, NET_ERROR, NET_OUTPUTS, NET_SIGNAL, count);
        if (gate != NULL) {
            gate(a + first, NET_SIGNAL, count);
        }
        net_move(own, x, inputs, outputs, first, count, NET_SIGNAL, rate);
        first += count;
    }
}
