package dev.cryo.proxy.doctor;

/** The Java runtime that this runs on. */
final class JdkProbe implements Probe {
    private static final String NAME = "JDK";
    private static final int NEEDED = 25;

    @Override
    public Finding examine() {
        Runtime.Version version = Runtime.version();
        String detail = System.getProperty("java.vendor") + " " + version + " in " + System.getProperty("java.home");
        return version.feature() >= NEEDED
                ? Finding.works(NAME, detail)
                : Finding.fails(NAME, detail + " is older than " + NEEDED,
                        "install a JDK " + NEEDED + ", for example Temurin, or set JAVA_HOME to one");
    }
}
