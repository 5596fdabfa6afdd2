import { type AdapterFiles, CONFIG_FILE, WEIGHTS_FILE } from '../../model/finetuning/adapter-files';
import { type ModelFiles, readBytes } from '../../model/runtime/model-files';

/** The two files of an adapter as PEFT names them. @throws EngineError 'network' if one cannot be read */
export async function readAdapterFiles(files: ModelFiles): Promise<AdapterFiles> {
  const [config, weights] = await Promise.all([
    readBytes(files, CONFIG_FILE),
    readBytes(files, WEIGHTS_FILE),
  ]);
  return { config: new TextDecoder().decode(config), weights };
}
