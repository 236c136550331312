/** Models that lie elsewhere: named, looked up, fetched. */
export { catalog, type CatalogEntry } from "./catalog.ts";
export { HubError, pause } from "./http.ts";
export { fetchModel, hubFromEnvironment, type HubOptions, hubUrl, type Listing, lookUp } from "./hub.ts";
export { type HubReference, type ModelReference, ModelReferenceError, parseModelReference } from "./reference.ts";
export { fetchWebFile, lookUpWebFile, type WebFile, type WebOptions } from "./web-file.ts";
