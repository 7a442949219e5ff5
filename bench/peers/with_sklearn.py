"""scikit-learn as a peer: its MLPClassifier, which learns by backpropagation, one pass over the rows a call."""

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

import peer


def main():
    job = peer.job()
    x, y = peer.rows(job)
    momentum = 0.9 if job.optimizer == "nesterov" else 0.0
    network = MLPClassifier(tuple(job.hidden), activation="tanh", solver="sgd", alpha=0.0, batch_size=job.batch,
                            learning_rate_init=job.rate, momentum=momentum, nesterovs_momentum=momentum > 0, random_state=0)
    classes = np.arange(peer.CLASSES)

    def turn():
        return peer.timed(lambda: [network.partial_fit(x, y, classes=classes) for _ in range(job.passes)])

    def test_error():
        if job.data == "random":
            return None
        x, y = peer.rows(job, "test")
        return 1 - network.score(x, y)

    peer.converse(f"scikit-learn {sklearn.__version__}", turn, test_error)


if __name__ == "__main__":
    main()
