package dev.cryo.proxy.supervisor;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * The streams that {@code launch} itself was started with.
 *
 * @param messages where the supervisor speaks; the same place as {@code error}
 */
public record Terminal(InputStream input, OutputStream output, OutputStream error, PrintStream messages) {
    /** Those of this process, without any buffer between. */
    public static Terminal ofProcess() {
        return new Terminal(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                System.err);
    }
}
