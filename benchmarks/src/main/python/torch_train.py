"""A small training in PyTorch, on synthetic data, whose result depends on its options alone.

Prints `epoch K/N loss X` after each epoch, and at the end `accuracy X %` and `weights sha256 HEX`, as DigitsTrainer
does. It knows nothing of cryo. `--pause-ms` sleeps after each epoch and changes no result.
"""

import argparse
import hashlib
import os
import sys
import time

# cuBLAS is deterministic only with workspaces of a fixed size; read when CUDA starts.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import torch  # noqa: E402

FEATURES = 64
CLASSES = 10


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--samples", type=int, default=8192)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause-ms", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


def data(samples, seed):
    """Points around a centre for each class, drawn on the CPU, whose generator is the same everywhere."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (samples,), generator=generator)
    centres = torch.randn(CLASSES, FEATURES, generator=generator)
    points = centres[labels] + torch.randn(samples, FEATURES, generator=generator)
    return points, labels


def sha256(model):
    """Of all weights, without NumPy, which need not be there."""
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(bytes(parameter.detach().cpu().contiguous().view(-1).view(torch.uint8).tolist()))
    return digest.hexdigest()


def say(line):
    print(line, flush=True)


def main():
    chosen = options()
    torch.manual_seed(chosen.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    points, labels = data(chosen.samples, chosen.seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, chosen.hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(chosen.hidden, chosen.hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(chosen.hidden, CLASSES),
    ).to(chosen.device)
    points, labels = points.to(chosen.device), labels.to(chosen.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    order = torch.Generator().manual_seed(chosen.seed + 1)
    for epoch in range(1, chosen.epochs + 1):
        total = 0.0
        for batch in torch.randperm(chosen.samples, generator=order).split(chosen.batch):
            batch = batch.to(chosen.device)
            optimizer.zero_grad()
            loss = loss_of(model(points[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        say("epoch %d/%d loss %.6f" % (epoch, chosen.epochs, total / chosen.samples))
        time.sleep(chosen.pause_ms / 1000)
    with torch.no_grad():
        right = (model(points).argmax(1) == labels).float().mean().item()
    say("accuracy %.2f %%" % (100 * right))
    say("weights sha256 " + sha256(model))


if __name__ == "__main__":
    sys.exit(main())
