/* A convolution in integers, with a filter a map, and the pooling behind it. */
typedef struct {
    size_t channels, height, width;     /* of the input */
    size_t filters, rows, columns;      /* their number, and the sides of each */
    size_t down, right, above, left;    /* steps between two places of a filter; zeros around the input */
    size_t window_rows, window_columns; /* of the pooling */
    size_t map_rows, map_columns;       /* of what comes out */
    uint8_t is_average, sum_bits;
    const int8_t *weights;
    const int32_t *biases;
} net_stage_t;

/* sums[i] += the sum over k of w[k] x[k + i], for four places side by side. */
NET_PART void net_add_row(const int8_t *w, const int8_t *x, size_t columns, int32_t *sums)
{
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    int32_t x0 = x[0], x1 = x[1], x2 = x[2];
    size_t k;
    for (k = 0; k < columns; k++) {
        int32_t weight = (int8_t)NET_FLASH_BYTE(w + k), x3 = x[k + 3u];
        a += weight * x0;
        b += weight * x1;
        c += weight * x2;
        d += weight * x3;
        x0 = x1;
        x1 = x2;
        x2 = x3;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

/* Adds a filter's products to the sums of `count` places from (row, column) on, at most four. */
NET_PART void net_slide(const net_stage_t *stage, const int8_t *filter, const int8_t *x, size_t row, size_t column,
                        size_t count, int32_t *sums)
{
    size_t top = row * stage->down, first = column * stage->right, channel, y, i, k;
    int is_inside = stage->right == 1u && first >= stage->left
                    && first - stage->left + stage->columns + 3u <= stage->width;
    for (channel = 0; channel < stage->channels; channel++) {
        for (y = top; y < top + stage->rows; y++, filter += stage->columns) {
            const int8_t *line;
            if (y < stage->above || y - stage->above >= stage->height) {
                continue;
            }
            line = x + (channel * stage->height + y - stage->above) * stage->width;
            if (is_inside) {
                net_add_row(filter, line + (first - stage->left), stage->columns, sums);
                continue;
            }
            for (i = 0; i < count; i++) {
                for (k = 0; k < stage->columns; k++) {
                    size_t at = first + i * stage->right + k;
                    if (at >= stage->left && at - stage->left < stage->width) {
                        sums[i] += (int32_t)(int8_t)NET_FLASH_BYTE(filter + k) * line[at - stage->left];
                    }
                }
            }
        }
    }
}

/* One value for what is known of a window and one more sum: the largest sum, or the sum of tanh. */
NET_PART int32_t net_join(const net_stage_t *stage, int32_t kept, int32_t sum)
{
    if (stage->is_average) {
        return kept + net_tanh(sum, stage->sum_bits);
    }
    return kept > sum ? kept : sum;
}

/* `windows` values of a map, side by side: at most four places of the filter are looked at together. */
NET_PART void net_pool(const net_stage_t *stage, const int8_t *filter, int32_t bias, const int8_t *x, size_t row,
                       size_t column, size_t windows, int8_t *out)
{
    int32_t kept[4], sums[4], count = (int32_t)(stage->window_rows * stage->window_columns);
    size_t places = windows * stage->window_columns, y, first, i;
    for (i = 0; i < windows; i++) {
        kept[i] = stage->is_average ? 0 : INT32_MIN;
    }
    for (first = 0; first < places; first += 4u) {
        size_t left = places - first < 4u ? places - first : 4u;
        for (y = 0; y < stage->window_rows; y++) {
            sums[0] = sums[1] = sums[2] = sums[3] = bias;
            net_slide(stage, filter, x, row * stage->window_rows + y, column * stage->window_columns + first, left, sums);
            for (i = 0; i < left; i++) {
                int32_t *window = kept + (first + i) / stage->window_columns;
                *window = net_join(stage, *window, sums[i]);
            }
        }
    }
    for (i = 0; i < windows; i++) {
        out[i] = stage->is_average ? (int8_t)((kept[i] + 127 * count + count / 2) / count - 127)
                                   : net_tanh(kept[i], stage->sum_bits);
    }
}

/* All maps of a stage. */
NET_PART void net_run(const net_stage_t *stage, const int8_t *x, int8_t *out)
{
    size_t patch = stage->channels * stage->rows * stage->columns, filter, row, column;
    size_t most = stage->window_columns < 4u ? 4u / stage->window_columns : 1u;
    for (filter = 0; filter < stage->filters; filter++) {
        int32_t bias = (int32_t)NET_FLASH_WORD(stage->biases + filter);
        for (row = 0; row < stage->map_rows; row++) {
            for (column = 0; column < stage->map_columns; column += most) {
                size_t left = stage->map_columns - column, windows = left < most ? left : most;
                net_pool(stage, stage->weights + filter * patch, bias, x, row, column, windows, out + column);
            }
            out += stage->map_columns;
        }
    }
}
