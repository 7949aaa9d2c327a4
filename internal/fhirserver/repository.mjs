// The resources of the server, in memory. Every write is validated, and a
// transaction that fails leaves nothing behind, as FHIR R4 http.html#transaction
// demands and the library's own repository does not do.
import { OperationOutcomeError, badRequest, validateResource } from '@medplum/core';
import { MemoryRepository } from '@medplum/fhir-router';

export class Repository extends MemoryRepository {
  // While a transaction runs: what each resource type held before its first
  // write. Stored resources are replaced, never changed, so copying the maps
  // is enough.
  #before = null;

  // All writes of the library end here.
  createResourceSync(resource, options, update) {
    if (!resource?.resourceType) throw new OperationOutcomeError(badRequest('Missing resourceType'));
    validateResource(resource);
    this.#remember(resource.resourceType);
    return super.createResourceSync(resource, options, update);
  }

  async deleteResource(type, id, options) {
    this.#remember(type);
    return super.deleteResource(type, id, options);
  }

  async withTransaction(work) {
    if (this.#before) return work(this); // inside another transaction
    this.#before = new Map();
    try {
      return await work(this);
    } catch (error) {
      this.#restore();
      throw error;
    } finally {
      this.#before = null;
    }
  }

  #remember(type) {
    if (!this.#before || this.#before.has(type)) return;
    const versions = [...(this.history.get(type) ?? [])];
    this.#before.set(type, {
      resources: new Map(this.resources.get(type)),
      history: new Map(versions.map(([id, list]) => [id, [...list]])),
    });
  }

  #restore() {
    for (const [type, { resources, history }] of this.#before) {
      this.resources.set(type, resources);
      this.history.set(type, history);
    }
  }
}
