package dev.cryo.proxy.store;

/** An application that is there. */
public final class CountingApp {
    private CountingApp() {}

    /** Says that it is ready, and whether it knows a secret; ends when its input does. */
    public static void main(String[] arguments) throws Exception {
        System.out.println("ready " + System.getenv("AWS_SECRET_ACCESS_KEY") + " " + System.getenv("AWS_REGION"));
        while (System.in.read() >= 0) {
            System.out.println("read");
        }
        System.exit(3);
    }
}
