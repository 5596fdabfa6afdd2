import { expose } from 'comlink';
import { Benchmark, type BenchmarkProgress, type BenchmarkRequest } from './benchmark';
import { readUrl } from './read-url';
import { outcome } from './service';

const { gpu, userAgent: browser, hardwareConcurrency: cores } = navigator;
const service = {
  run: (request: BenchmarkRequest, onProgress: (progress: BenchmarkProgress) => void) =>
    outcome(new Benchmark({ readFile: readUrl, gpu, browser, cores }, onProgress).run(request)),
};
export type BenchmarkService = typeof service;

expose(service);
