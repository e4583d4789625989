package dev.cryo.upper.apps;

import jcuda.LogLevel;
import jcuda.driver.JCudaDriver;

/** Sets JCuda's log level. */
public final class Tracing {
    private Tracing() {}

    /** Traces two calls and leaves one quiet. */
    public static void main(String[] args) {
        JCudaDriver.setLogLevel(LogLevel.LOG_TRACE);
        JCudaDriver.cuInit(0);
        int[] count = new int[1];
        JCudaDriver.cuDeviceGetCount(count);
        System.out.println(count[0]);
        JCudaDriver.setLogLevel(LogLevel.LOG_QUIET);
        JCudaDriver.cuDeviceGetCount(count);
        System.out.println("quiet " + count[0]);
    }
}
