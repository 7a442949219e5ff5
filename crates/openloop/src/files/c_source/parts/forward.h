#define NET_EXPORTED(place) NET_FLASH_FLOAT(place)

/* The weights that answer: those that learn, in RAM, or in a program that only asks those in flash. */
#if defined(NET_INFER_ONLY)
#define NET_WEIGHTS net_initial
#define NET_WEIGHT(place) NET_EXPORTED(place)
#else
static float net_parameters[NET_PARAMETERS];
#define NET_WEIGHTS net_parameters
#define NET_WEIGHT(place) (*(place))
#endif

static float net_scratch[NET_SCRATCH];

/* a = W x + b; `own` is W row by row, then b. */
NET_PART void net_forward(const float *own, const float *x, size_t inputs, float *a, size_t outputs)
{
    const float *bias = own + inputs * outputs;
    size_t i, j;
    for (i = 0; i < outputs; i++) {
        float sum = NET_WEIGHT(bias + i);
        for (j = 0; j < inputs; j++) {
            sum += NET_WEIGHT(own + j) * x[j];
        }
        own += inputs;
        a[i] = net_harmless(sum);
    }
}
