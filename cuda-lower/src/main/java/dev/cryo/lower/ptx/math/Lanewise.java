package dev.cryo.lower.ptx.math;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks an operation without branches and calls, so that HotSpot vectorises a loop of it over lanes. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Lanewise {
    /** The number of machine operations, roughly. */
    int cost() default 1;
}
