/* A fixed random matrix: stored in flash or, with NET_DRAW_FEEDBACK, drawn again from its seed whenever it is read. */
#if defined(NET_DRAW_FEEDBACK)

typedef struct {
    uint32_t number;
    float bound;
} net_matrix_t;

NET_PART net_matrix_t net_matrix(size_t place, uint32_t number, float bound)
{
    net_matrix_t matrix;
    (void)place;
    matrix.number = number;
    matrix.bound = bound;
    return matrix;
}

/* Four random words: Philox4x32-10 (Salmon and others, SC 2011). */
NET_PART void net_block(uint32_t block, uint32_t number, uint32_t *words)
{
    uint32_t c0 = block, c1 = 0, c2 = number, c3 = 2u, k0 = NET_SEED_LOW, k1 = NET_SEED_HIGH;
    int round;
    for (round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c0 * UINT32_C(0xd2511f53), b = (uint64_t)c2 * UINT32_C(0xcd9e8d57);
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

/* A word as a number in (-bound, bound). */
NET_PART float net_symmetric(uint32_t word, float bound)
{
    int32_t odd = (int32_t)((word >> 8) | 1u) - INT32_C(0x800000);
    return (float)odd * (1.0f / 8388608.0f) * bound;
}

/* out += factor M for the values from `first` on */
NET_PART void net_add_fixed(net_matrix_t matrix, size_t first, float factor, float *out, size_t count)
{
    uint32_t words[4];
    size_t i;
    for (i = 0; i < count; i++) {
        size_t index = first + i;
        if (i == 0 || index % 4u == 0) {
            net_block((uint32_t)(index / 4u), matrix.number, words);
        }
        out[i] += factor * net_symmetric(words[index % 4u], matrix.bound);
    }
}

/* The values from `first` on times a. */
NET_PART float net_dot_fixed(net_matrix_t matrix, size_t first, const float *a, size_t count)
{
    uint32_t words[4];
    float sum = 0.0f;
    size_t i;
    for (i = 0; i < count; i++) {
        size_t index = first + i;
        if (i == 0 || index % 4u == 0) {
            net_block((uint32_t)(index / 4u), matrix.number, words);
        }
        sum += net_symmetric(words[index % 4u], matrix.bound) * a[i];
    }
    return sum;
}

#else

typedef struct {
    const float *values;
} net_matrix_t;

NET_PART net_matrix_t net_matrix(size_t place, uint32_t number, float bound)
{
    net_matrix_t matrix;
    (void)number;
    (void)bound;
    matrix.values = net_feedback + place;
    return matrix;
}

/* out += factor M for the values from `first` on */
NET_PART void net_add_fixed(net_matrix_t matrix, size_t first, float factor, float *out, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        out[i] += factor * NET_FLASH_FLOAT(matrix.values + first + i);
    }
}

/* The values from `first` on times a. */
NET_PART float net_dot_fixed(net_matrix_t matrix, size_t first, const float *a, size_t count)
{
    float sum = 0.0f;
    size_t i;
    for (i = 0; i < count; i++) {
        sum += NET_FLASH_FLOAT(matrix.values + first + i) * a[i];
    }
    return sum;
}

#endif

/* signal = c M for some of the columns of M, from `first` on; a coefficient of 0 costs nothing. */
NET_PART void net_project(net_matrix_t matrix, size_t columns, size_t first, const float *c, size_t rows, float *signal,
                          size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        signal[i] = 0.0f;
    }
    for (i = 0; i < rows; i++) {
        if (c[i] != 0.0f) {
            net_add_fixed(matrix, i * columns + first, c[i], signal, count);
        }
    }
}
