/* The layer's own answer: c = M a */
NET_PART void net_read_out(net_matrix_t matrix, const float *a, size_t columns, float *c)
{
    size_t row;
    for (row = 0; row < NET_OUTPUTS; row++) {
        c[row] = net_dot_fixed(matrix, row * columns, a, columns);
    }
}
