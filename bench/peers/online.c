/* Plain C as a peer: one hidden layer that learns sample by sample, by drtp or bp, in f32 on one thread.
 *
 * What a careful hand writes without a library: a neuron's weights lie together and are changed in place, nothing is stored
 * that need not be, and the compiler may reorder sums (-O3 -march=native -ffast-math), so that it can vectorise them.
 *
 *     online RULE INPUTS HIDDEN OUTPUTS SAMPLES PASSES RATE
 *
 * It talks like the other peers: one turn for each line "go", made of PASSES passes over random dense SAMPLES in a new order.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int inputs, hidden, outputs;
    float rate;
    float *w, *b;         /* hidden layer: [hidden][inputs], [hidden] */
    float *v, *c;         /* output layer: [outputs][hidden], [outputs] */
    float *feedback;      /* [outputs][hidden] */
    float *a, *y, *delta; /* outputs of the two layers, and the hidden layer's deltas */
} Network;

static uint64_t state = 1;

static float random_between(float low, float high) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (float)(state >> 40) * 0x1p-24f;
}

static float *drawn(size_t count, float low, float high) {
    float *values = malloc(count * sizeof *values);
    if (!values) exit(1);
    for (size_t i = 0; i < count; i++) values[i] = random_between(low, high);
    return values;
}

static Network draw(int inputs, int hidden, int outputs, float rate) {
    float w = 1 / sqrtf(inputs), v = 1 / sqrtf(hidden), f = sqrtf(6.0f / hidden);
    Network n = {inputs, hidden, outputs, rate,
                 drawn((size_t)hidden * inputs, -w, w), drawn(hidden, -w, w),
                 drawn((size_t)outputs * hidden, -v, v), drawn(outputs, -v, v),
                 drawn((size_t)outputs * hidden, -f, f),
                 drawn(hidden, 0, 0), drawn(outputs, 0, 0), drawn(hidden, 0, 0)};
    return n;
}

static float product(const float *restrict a, const float *restrict b, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

static void add(float *restrict to, float factor, const float *restrict what, int count) {
    for (int i = 0; i < count; i++) to[i] += factor * what[i];
}

static void answer(Network *n) {
    for (int k = 0; k < n->outputs; k++) {
        float z = product(n->v + (size_t)k * n->hidden, n->a, n->hidden) + n->c[k];
        n->y[k] = 1 / (1 + expf(-z));
    }
}

static void learn_output(Network *n, int label) {
    for (int k = 0; k < n->outputs; k++) {
        float step = -n->rate * (n->y[k] - (k == label));
        add(n->v + (size_t)k * n->hidden, step, n->a, n->hidden);
        n->c[k] += step;
    }
}

/* A neuron answers and learns in one go: its weights are read and written once. */
static void learn_by_drtp(Network *n, const float *x, int label) {
    const float *signal = n->feedback + (size_t)label * n->hidden;
    for (int j = 0; j < n->hidden; j++) {
        float *weights = n->w + (size_t)j * n->inputs;
        float a = tanhf(product(weights, x, n->inputs) + n->b[j]);
        float step = -n->rate * signal[j] * (1 - a * a);
        add(weights, step, x, n->inputs);
        n->b[j] += step;
        n->a[j] = a;
    }
    answer(n);
    learn_output(n, label);
}

static void learn_by_bp(Network *n, const float *x, int label) {
    for (int j = 0; j < n->hidden; j++)
        n->a[j] = tanhf(product(n->w + (size_t)j * n->inputs, x, n->inputs) + n->b[j]);
    answer(n);
    memset(n->delta, 0, n->hidden * sizeof *n->delta);
    for (int k = 0; k < n->outputs; k++)
        add(n->delta, n->y[k] - (k == label), n->v + (size_t)k * n->hidden, n->hidden);
    learn_output(n, label);
    for (int j = 0; j < n->hidden; j++) {
        float step = -n->rate * n->delta[j] * (1 - n->a[j] * n->a[j]);
        add(n->w + (size_t)j * n->inputs, step, x, n->inputs);
        n->b[j] += step;
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

static void shuffle(int *order, int count) {
    for (int i = count - 1; i > 0; i--) {
        int other = (int)random_between(0, i + 1) % (i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

int main(int count, char **words) {
    if (count != 8) return fputs("online RULE INPUTS HIDDEN OUTPUTS SAMPLES PASSES RATE\n", stderr), 2;
    int bp = strcmp(words[1], "bp") == 0, samples = atoi(words[5]), passes = atoi(words[6]);
    Network n = draw(atoi(words[2]), atoi(words[3]), atoi(words[4]), atof(words[7]));
    float *x = drawn((size_t)samples * n.inputs, 0, 1), checksum = 0;
    int *labels = malloc(samples * sizeof *labels), *order = malloc(samples * sizeof *order);
    if (!labels || !order) return 1;
    for (int i = 0; i < samples; i++) order[i] = i, labels[i] = (int)random_between(0, n.outputs) % n.outputs;
    char line[16] = "go";
    for (int turn = 0; turn == 0 || fgets(line, sizeof line, stdin); turn++) {
        if (strncmp(line, "go", 2) != 0) break;
        double spent = 0;
        for (int pass = 0; pass < passes; pass++) {
            shuffle(order, samples);
            double started = seconds();
            for (int i = 0; i < samples; i++) {
                const float *row = x + (size_t)order[i] * n.inputs;
                if (bp) learn_by_bp(&n, row, labels[order[i]]); else learn_by_drtp(&n, row, labels[order[i]]);
                checksum += n.y[0];
            }
            spent += seconds() - started;
        }
        if (turn == 0) printf("{\"ready\": true, \"about\": \"C, gcc " __VERSION__ "\"}\n");
        else printf("{\"seconds\": %.9f}\n", spent);
        fflush(stdout);
    }
    fprintf(stderr, "checksum %g\n", checksum); /* so that no step can be left out */
    long kilobytes = 0;
    char row[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(row, sizeof row, status) && sscanf(row, "VmHWM: %ld", &kilobytes) != 1) {}
    printf("{\"peak_bytes\": %ld, \"test_error\": null}\n", 1024 * kilobytes);
    return 0;
}
