self.importScripts = undefined;
