import { chooseVulkanDriver } from '../scripts/node';

chooseVulkanDriver(); // before Dawn starts in this process
