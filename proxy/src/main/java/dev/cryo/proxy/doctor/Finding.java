package dev.cryo.proxy.doctor;

/**
 * What a probe found.
 *
 * @param name the thing examined, such as CRIU
 * @param works whether cryo can use it here
 * @param detail what was found: the version and device, or why it does not work
 * @param remedy what would help; empty when it works
 */
public record Finding(String name, boolean works, String detail, String remedy) {
    static Finding works(String name, String detail) {
        return new Finding(name, true, detail, "");
    }

    static Finding fails(String name, String detail, String remedy) {
        return new Finding(name, false, detail, remedy);
    }
}
