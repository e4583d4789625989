package dev.cryo.benchmarks.bench.gpu;

/** How an application is run. */
enum Way {
    /** Without cryo. */
    PLAIN("plain"),
    /** By {@code launch}, as it is by default. */
    PROXY("proxy"),
    /** By {@code launch}, the device in the application's JVM. */
    IN_PROCESS("inprocess");

    private final String key;

    Way(String key) {
        this.key = key;
    }

    String key() {
        return key;
    }
}
