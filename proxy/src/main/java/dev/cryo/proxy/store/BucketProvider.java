package dev.cryo.proxy.store;

import java.util.Map;

/** Opens buckets; found by {@link java.util.ServiceLoader} in the folder of the parts that only a store needs. */
public interface BucketProvider {
    /**
     * Opens a bucket, without asking it anything.
     *
     * @param environment the variables that name endpoint, region and credentials
     * @throws StoreException if they do not say what is needed
     */
    Bucket open(StoreUrl url, Map<String, String> environment) throws StoreException;
}
