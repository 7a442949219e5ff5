/* A simulated sensor drifts away from where it was calibrated; the network that watches it goes on learning. */
#include <openloop.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#define INPUTS 2u
#define HIDDEN 8u
#define CLASSES 2u
#define WEIGHTS ((INPUTS + 1u) * HIDDEN + (HIDDEN + 1u) * CLASSES)

static uint64_t memory[(OPENLOOP_MEMORY_F32(2u, INPUTS, WEIGHTS, HIDDEN, CLASSES) + 7u) / 8u];

/* Whole numbers below 1000. */
static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % 1000u;
}

int main(void)
{
    static const uint32_t sizes[3] = {INPUTS, HIDDEN, CLASSES};
    const openloop_config config = {
        .sizes = sizes,
        .size_count = 3u,
        .arithmetic = OPENLOOP_ARITHMETIC_F32,
        .rule = OPENLOOP_RULE_LOCAL_ERROR,
        .activation = OPENLOOP_ACTIVATION_TANH,
        .loss = OPENLOOP_LOSS_CROSS_ENTROPY,
        .hidden_rate = 0.1f,
        .output_rate = 0.03f,
        .seed = 1u,
    };
    openloop_model *model = NULL;
    openloop_status status = openloop_init(memory, sizeof memory, &config, &model);
    uint32_t state = 1u, right = 0u, i;

    for (i = 0; i < 5000u && status == OPENLOOP_OK; i++) {
        uint32_t label = draw(&state) & 1u;
        openloop_outcome before = {0};
        float drift = (float)i / 2500.0f;
        float noise = (float)draw(&state) / 2000.0f;
        float x[INPUTS] = {(label ? 1.0f : -1.0f) + drift + noise, drift - noise};

        status = openloop_learn(model, x, INPUTS, label, &before);
        right += i >= 4000u && before.label == label ? 1u : 0u;
    }
    if (status != OPENLOOP_OK) {
        printk("%s\n", openloop_status_text(status));
        return 1;
    }
    printk("right: %u of 1000\n", (unsigned int)right);
    return 0;
}
