#define NET_EXPORTED(place) ((int8_t)NET_FLASH_BYTE(place))

/* The weights that answer: those that learn, in RAM, or in a program that only asks those in flash. */
#if defined(NET_INFER_ONLY)
#define NET_WEIGHTS net_initial
#define NET_WEIGHT(place) NET_EXPORTED(place)
#else
static int8_t net_parameters[NET_PARAMETERS];
#define NET_WEIGHTS net_parameters
#define NET_WEIGHT(place) (*(place))
#endif

NET_PART int8_t net_activations[NET_ACTIVATIONS];
static int32_t net_values[NET_VALUES];
static uint16_t net_answer[NET_OUTPUTS];
static int32_t net_class;

/* The sums W x + b of the panel that starts at neuron `first`. */
NET_PART void net_panel_sums(const net_layer_t *layer, const int8_t *own, const int8_t *x, size_t first, size_t width,
                             int32_t *sums)
{
    const int8_t *row = own + first * (layer->inputs + 1u);
    size_t i, j;
    for (i = 0; i < width; i++) {
        sums[i] = (int32_t)NET_WEIGHT(row + layer->inputs * width + i) * (INT32_C(1) << layer->input_bits);
    }
    for (j = 0; j < layer->inputs; j++) {
        if (x[j] != 0) {
            for (i = 0; i < width; i++) {
                sums[i] += (int32_t)NET_WEIGHT(row + i) * x[j];
            }
        }
        row += width;
    }
}

/* a = tanh(W x + b) */
NET_PART void net_forward(const net_layer_t *layer, const int8_t *own, const int8_t *x, int8_t *a)
{
    size_t first, i, width;
    int32_t sums[8];
    for (first = 0; first < layer->outputs; first += width) {
        width = net_width(first, layer->outputs);
        net_panel_sums(layer, own, x, first, width, sums);
        for (i = 0; i < width; i++) {
            a[first + i] = net_tanh(sums[i], (uint8_t)(layer->weight_bits + layer->input_bits));
        }
    }
}

/* NET_ERROR becomes the output's probabilities, in units of 2^-15, and `net_class` its class. */
NET_PART void net_forward_output(const net_layer_t *layer, const int8_t *own, const int8_t *x)
{
    size_t first, i, width, best = 0;
    for (first = 0; first < layer->outputs; first += width) {
        width = net_width(first, layer->outputs);
        net_panel_sums(layer, own, x, first, width, NET_ERROR + first);
    }
    for (i = 1; i < NET_OUTPUTS; i++) {
        if (NET_ERROR[i] > NET_ERROR[best]) {
            best = i;
        }
    }
    net_class = (int32_t)best;
    net_softmax(NET_ERROR, (uint8_t)(layer->weight_bits + layer->input_bits));
    for (i = 0; i < NET_OUTPUTS; i++) {
        net_answer[i] = (uint16_t)NET_ERROR[i];
    }
}
